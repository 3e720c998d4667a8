"""What the lessons deploy to: the stand-in on this machine, or the reader's AWS account."""

from lab.cloud.cloud import Cloud
from lab.cloud.start import start_cloud, start_stand_in

__all__ = ["Cloud", "start_cloud", "start_stand_in"]
