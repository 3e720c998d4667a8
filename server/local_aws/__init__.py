"""Stand-ins for AWS services on this machine. They speak AWS's wire protocols; they are not AWS."""
