from app import LowerField, Order, User
