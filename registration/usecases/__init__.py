"""One module per act, one public function each: the only code that opens a transaction."""
