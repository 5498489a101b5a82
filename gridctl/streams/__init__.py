"""Records into topics and out of them: the ports that several rooms share, and the framed values in them. Pure."""
