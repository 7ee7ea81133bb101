"""One run over several processes: each lives the zones of its part, and they meet twice a window."""

from twin.parallel.chair import Chair
from twin.parallel.crew import Crew, LocalCrew
from twin.parallel.cut import cut_by_load

__all__ = ["Chair", "Crew", "LocalCrew", "cut_by_load"]
