"""
A load tool: how fast a service answers, measured as its users would.

    run -> arguments                    what is asked for
        -> target, introduction         who is asked, and does it answer as it should
        -> schedule -> load             when a request is due; sent as soon as a connection is free
                       connection       one request out, its answer in
        -> measurements                 histograms in constant memory
        -> summary -> table             figures, for scripts and for people

It shares nothing with the service that it measures but the digits that the project drew.
"""
