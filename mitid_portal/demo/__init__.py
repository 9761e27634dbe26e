"""The demo: people, devices, phones and a clock to play with. Installed in demo mode only."""
