from app import Cat, Owner
