"""The real parts that run beside the portal by default: PostgreSQL, Valkey and SoftHSM, each under one folder."""
