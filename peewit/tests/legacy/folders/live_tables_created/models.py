from app import Alarm, Device, Room
