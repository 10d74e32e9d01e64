"""What an expert would write without the product: one script a job and tool. Each checks nothing but what the job asks for."""
