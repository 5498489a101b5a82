"""`gridctl top`: the platform on one screen. Each panel is a module here; `panels.py` names them in their order."""
