"""The engine port's promises, held against both adapters on every database they run on."""
