"""The reference service: a small social video site that Loadstone loads."""
