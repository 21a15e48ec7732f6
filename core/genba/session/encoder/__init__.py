"""One picture and one sound, each encoded once for everybody.

Frames come on the compositor's thread and sound on the mixer's; packets leave on the event loop,
through a fan-out of guarded sinks. A codec runs only while somebody wants what it makes, and
knows nothing of layouts: those change the picture, never the encoder.
"""
