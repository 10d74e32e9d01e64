"""The business of marketing: channels of touches, performance of campaigns, and who deserves a sale."""
