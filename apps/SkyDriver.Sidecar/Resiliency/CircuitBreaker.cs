namespace SkyDriver.Sidecar.Resiliency;

/// <param name="MaxRequests">Attempts let through on trial, all of which must succeed.</param>
/// <param name="Interval">How often the counts start anew while all is well; zero = never.</param>
/// <param name="Timeout">How long nothing is let through before the trial.</param>
internal sealed record BreakerSpec(int MaxRequests, TimeSpan Interval, TimeSpan Timeout, TripExpression Trip)
{
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(60);
}

/// <summary>Attempts since the counts last started anew.</summary>
internal readonly record struct BreakerCounts(int Requests, int TotalSuccesses, int TotalFailures, int ConsecutiveSuccesses, int ConsecutiveFailures);

/// <summary>The circuit breaker is open: the attempt was not made.</summary>
internal sealed class CircuitOpenException(string message) : Exception(message);

/// <summary>Counts attempts, and lets none through for a while once its expression says so; then a few on trial.</summary>
internal sealed class CircuitBreaker(BreakerSpec spec, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private State _state;
    private BreakerCounts _counts;
    private DateTimeOffset _expires = spec.Interval > TimeSpan.Zero ? clock.GetUtcNow() + spec.Interval : DateTimeOffset.MaxValue;
    private int _generation;

    private enum State
    {
        Closed,
        Open,
        OnTrial,
    }

    /// <returns>A ticket to hand back with the outcome.</returns>
    /// <exception cref="CircuitOpenException">Nothing may go through now.</exception>
    public int Enter()
    {
        lock (_gate)
        {
            MoveOn();
            if (_state is State.Open) throw new CircuitOpenException("circuit breaker is open");
            if (_state is State.OnTrial && _counts.Requests >= spec.MaxRequests) throw new CircuitOpenException("too many requests while the circuit breaker tries again");
            _counts = _counts with { Requests = Add(_counts.Requests) };
            return _generation;
        }
    }

    /// <summary>The outcome of an attempt; null when it was given up by its caller and says nothing.</summary>
    public void Leave(int ticket, bool? failed)
    {
        lock (_gate)
        {
            MoveOn();
            if (ticket != _generation) return;
            if (failed is null) _counts = _counts with { Requests = _counts.Requests - 1 };
            else if (failed.Value) Failed();
            else Succeeded();
        }
    }

    private void Failed()
    {
        _counts = _counts with { TotalFailures = Add(_counts.TotalFailures), ConsecutiveFailures = Add(_counts.ConsecutiveFailures), ConsecutiveSuccesses = 0 };
        if (_state is State.OnTrial || spec.Trip.Evaluate(_counts)) Become(State.Open);
    }

    private void Succeeded()
    {
        _counts = _counts with { TotalSuccesses = Add(_counts.TotalSuccesses), ConsecutiveSuccesses = Add(_counts.ConsecutiveSuccesses), ConsecutiveFailures = 0 };
        if (_state is State.OnTrial && _counts.ConsecutiveSuccesses >= spec.MaxRequests) Become(State.Closed);
    }

    private void MoveOn()
    {
        if (clock.GetUtcNow() < _expires) return;
        Become(_state is State.Open ? State.OnTrial : _state);
    }

    private void Become(State state)
    {
        (_state, _counts) = (state, default);
        _generation = unchecked(_generation + 1);
        TimeSpan lasts = state switch { State.Open => spec.Timeout, State.Closed => spec.Interval, _ => TimeSpan.Zero };
        _expires = lasts > TimeSpan.Zero ? clock.GetUtcNow() + lasts : DateTimeOffset.MaxValue;
    }

    private static int Add(int count) => count == int.MaxValue ? count : count + 1;
}
