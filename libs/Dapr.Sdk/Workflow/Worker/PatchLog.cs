namespace Dapr.Workflow.Worker;

/// <summary>Which code changes an instance runs with. The answer for a patch never changes within an instance.</summary>
internal sealed class PatchLog(IEnumerable<string> recorded)
{
    private readonly HashSet<string> _recorded = [.. recorded];
    private readonly Dictionary<string, bool> _answers = [];
    private readonly List<string> _applied = [];

    /// <summary>Patches the code runs with, in the order it asked.</summary>
    public IReadOnlyList<string> Applied => _applied;

    public bool IsPatched(string name, bool replaying)
    {
        if (_answers.TryGetValue(name, out bool answer)) return answer;
        answer = _recorded.Contains(name) || !replaying;
        _answers[name] = answer;
        if (answer) _applied.Add(name);
        return answer;
    }
}
