"""What passes between the stages: plain values, no I/O but the journal, nothing imported from the other packages."""
