"""The view goes out: viewers by WHEP, guests by links, and whatever plugins make of it.

All are sinks of the encoder's layers. What is the same for all is done once (packetising); each
viewer costs its headers, its encryption and its sends, and can hold up nobody but itself.
"""
