"""Pure functions on frames, called by dbt Python models: what SQL cannot express."""
