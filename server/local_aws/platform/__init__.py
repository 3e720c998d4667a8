"""What every service is given: the platform, its limits, and how it behaves where AWS was seen to vary."""
