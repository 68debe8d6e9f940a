"""What people and machines read of a rehearsal; nothing here decides anything."""
