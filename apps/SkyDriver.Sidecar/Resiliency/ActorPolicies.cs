using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Resiliency;

/// <summary>
/// The policies of an actor type: retry and the circuit breaker of the type around a call, so that between two attempts others get
/// their turn; timeout and the circuit breaker of the actor within the turn, so that waiting for it does not count.
/// </summary>
internal sealed class ActorPolicies
{
    private readonly TimeSpan? _timeout;
    private readonly BreakerSpec? _ofEach;
    private readonly int _cacheSize;
    private readonly TimeProvider _clock;
    private readonly ResiliencyPolicy _turn;
    private readonly Dictionary<string, ResiliencyPolicy> _turns = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldest = new();

    public ActorPolicies(TimeSpan? timeout, RetrySpec? retry, BreakerSpec? breaker, PolicyNames names, TimeProvider clock)
    {
        (_timeout, _cacheSize, _clock) = (timeout, names.CacheSize, clock);
        _ofEach = names.Scope is BreakerScope.Type ? null : breaker;
        Call = new(null, retry, breaker is null || names.Scope is BreakerScope.Id ? null : new(breaker, clock), clock);
        _turn = new(timeout, null, null, clock);
        IsNone = timeout is null && retry is null && breaker is null;
    }

    public static ActorPolicies None { get; } = new(null, null, null, new(null, null, null), TimeProvider.System);

    public bool IsNone { get; }

    /// <summary>Around the call.</summary>
    public ResiliencyPolicy Call { get; }

    /// <summary>Within the turn of one actor.</summary>
    public ResiliencyPolicy Turn(string actorId)
    {
        if (_ofEach is null) return _turn;
        lock (_turns)
        {
            if (_turns.TryGetValue(actorId, out ResiliencyPolicy? found)) return found;
            if (_turns.Count == _cacheSize) _turns.Remove(_oldest.Dequeue());
            _oldest.Enqueue(actorId);
            return _turns[actorId] = new(_timeout, null, new(_ofEach, _clock), _clock);
        }
    }
}
