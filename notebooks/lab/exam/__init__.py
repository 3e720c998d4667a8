"""The exam of notebook 13: endpoints whose causes of buffering are drawn, and the means to find them.

>>> exam = Exam()
>>> exam.answer("A", {"flush timer"})
"""

from lab.exam.diagnosis import Evidence, diagnose, examine
from lab.exam.exam import Exam
from lab.exam.experiments import EXPERIMENTS, Experiment

__all__ = ["EXPERIMENTS", "Evidence", "Exam", "Experiment", "diagnose", "examine"]
