"""The SQL, one noun a file. A function takes the connection it works on, and says nothing of transactions."""
