"""The five patterns, each a family of interchangeable strategies behind one protocol."""
