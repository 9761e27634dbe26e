"""What notifications does by itself, once others have stored their messages."""
