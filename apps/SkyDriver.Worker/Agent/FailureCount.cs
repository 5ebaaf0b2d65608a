namespace SkyDriver.Worker.Agent;

/// <summary>Failures of this worker's work: when too many came in a row, the fault is most likely here, and others had better do the work.</summary>
public sealed class FailureCount(int limit)
{
    private const int MostKinds = 100, MostShown = 5, MostCharacters = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _kinds = [];
    private int _inARow;

    /// <summary>Why this worker is in quarantine; null while it is not.</summary>
    public string? Quarantine { get; private set; }

    /// <summary>The most frequent failures, with how often each came.</summary>
    public IReadOnlyDictionary<string, int> Top
    {
        get
        {
            lock (_gate) return _kinds.OrderByDescending(k => k.Value).ThenBy(k => k.Key, StringComparer.Ordinal).Take(MostShown).ToDictionary();
        }
    }

    public void Succeeded()
    {
        lock (_gate) _inARow = 0;
    }

    public void Failed(string reason)
    {
        lock (_gate)
        {
            string kind = Add(reason);
            if (++_inARow >= limit && limit > 0) Quarantine ??= $"{_inARow} failures in a row, the last: {kind}";
        }
    }

    /// <summary>A failure that says nothing about this worker.</summary>
    public void Note(string reason)
    {
        lock (_gate) Add(reason);
    }

    /// <summary>Somebody has looked after it.</summary>
    public void Lift()
    {
        lock (_gate) (_inARow, Quarantine) = (0, null);
    }

    private string Add(string reason)
    {
        string kind = reason.Length <= MostCharacters ? reason : reason[..MostCharacters];
        if (_kinds.ContainsKey(kind) || _kinds.Count < MostKinds) _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
        return kind;
    }
}
