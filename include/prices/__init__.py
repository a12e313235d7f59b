"""Model prices, made into dbt's seed from the genai-prices package."""
