"""The newest picture of each camera becomes one picture, and all sounds become one."""
