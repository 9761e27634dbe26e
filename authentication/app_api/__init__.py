"""What the app speaks: ``/api/app/v1/``, signed requests in, JSON out (docs/app-api.md)."""
