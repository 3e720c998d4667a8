"""What tests share: clients, accounts, servers; no tests."""
