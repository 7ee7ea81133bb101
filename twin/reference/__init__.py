"""The window said again, slowly: one Mesa agent per vehicle and per station, to be read, subclassed and held against.

Begin with `ReferenceModel.step`, which names the phases of a window, then read `Driver.choose`, `Driver.drive` and
`Station.serve_window`. To try a behaviour, subclass `Driver` or `Station`, override the method that decides, and hand
the class to the model.
"""

from twin.reference.driver import Driver
from twin.reference.model import ReferenceModel
from twin.reference.station import Station

__all__ = ["Driver", "ReferenceModel", "Station"]
