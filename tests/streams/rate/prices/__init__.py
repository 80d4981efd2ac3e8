"""Price kinds by themselves."""
