"""The facade's verbs by what they are about; `airstrip.deployment` puts them together."""
