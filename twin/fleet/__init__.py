"""The fleet: what would be true if no charger existed. Classes, vehicles, local days, trips and freight."""
