"""What passes between the stages: plain values that know no other package."""
