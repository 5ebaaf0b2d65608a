using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace SkyDriver.Reco;

/// <summary>Reconstructions by name. Whoever makes one is told everything that is wrong with its entries.</summary>
public sealed partial class RecoRegistry
{
    /// <summary>Fits per pixel that a scan can keep apart.</summary>
    public const int MostVariations = 64;

    private const char OptionMark = '-';
    private readonly RecoAlgorithm[] _entries;
    private readonly FrozenDictionary<string, RecoAlgorithm> _byName;
    private readonly FrozenDictionary<string, string> _elsewhere;

    /// <param name="entries">The algorithms.</param>
    /// <param name="elsewhere">Names of programs that are not here, and what comes nearest to each.</param>
    /// <exception cref="ArgumentException">An entry is not usable; the message has all reasons.</exception>
    public RecoRegistry(IEnumerable<RecoAlgorithm> entries, IReadOnlyDictionary<string, string> elsewhere)
    {
        _entries = [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        string[] faults = [.. _entries.SelectMany(Faults), .. Doubles(_entries), .. elsewhere.Where(pair => _entries.All(entry => entry.Name != pair.Value)).Select(pair => $"'{pair.Key}' points to '{pair.Value}', which is not there.")];
        if (faults.Length > 0) throw new ArgumentException(string.Join(' ', faults), nameof(entries));
        _byName = _entries.ToFrozenDictionary(entry => entry.Name, StringComparer.Ordinal);
        _elsewhere = elsewhere.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        Names = [.. _entries.Select(entry => entry.Name)];
    }

    /// <summary>In alphabetical order, without options.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>In alphabetical order.</summary>
    public IReadOnlyList<RecoAlgorithm> Algorithms => _entries;

    /// <summary>Names are matched exactly: nothing is ever mapped silently to another algorithm.</summary>
    /// <param name="name">A name, and any of its options, each once and after a '-'.</param>
    /// <param name="algorithm">Bears the name it was asked for by.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out RecoAlgorithm? algorithm) => TryGet(name, out algorithm, out _);

    /// <summary>A name of the IceTray scanner; <see cref="Explain"/> says what comes nearest.</summary>
    public bool IsReferenceName(string name) => _elsewhere.ContainsKey(name.Trim());

    /// <summary>Why a name is refused and what to use instead, as one sentence.</summary>
    public string Explain(string unknown)
    {
        string all = string.Join(", ", Names);
        if (_elsewhere.TryGetValue(unknown.Trim(), out string? ours))
            return $"'{unknown}' needs IceTray and its photon tables, which are not part of this program; the nearest here is '{ours}' (there are: {all}).";
        return Misused(unknown) is { } misused
            ? $"'{unknown}' asks '{misused.Name}' for an option that it does not have; {OptionsOf(misused)}."
            : $"'{unknown}' is not a reconstruction; did you mean '{Nearest(unknown)}' (there are: {all})?";
    }

    /// <summary><see cref="Explain"/> without a word of the name, which could be a slip with a secret in it.</summary>
    public string ExplainUnnamed(string unknown) => Misused(unknown) is { } misused
        ? $"not known; '{misused.Name}' does not have that option, {OptionsOf(misused)}"
        : $"not known; use one of: {string.Join(", ", Names)}; the nearest is '{Nearest(unknown)}'";

    private RecoAlgorithm? Misused(string unknown) => TryGet(unknown, out _, out RecoAlgorithm? misused) ? null : misused;

    private static string OptionsOf(RecoAlgorithm algorithm) =>
        algorithm.Options.Count == 0 ? "it has none" : $"it has {string.Join(", ", algorithm.Options.Select(option => option.Form))}, each at most once and after a '-'";

    private bool TryGet(string name, [NotNullWhen(true)] out RecoAlgorithm? algorithm, out RecoAlgorithm? misused)
    {
        (algorithm, misused) = (null, null);
        string[] parts = name.Split(OptionMark, MostVariations);
        if (!_byName.TryGetValue(parts[0], out RecoAlgorithm? chosen)) return false;
        misused = chosen;
        var used = new HashSet<RecoNameOption>();
        foreach (string part in parts.AsSpan(1))
        {
            RecoNameOption? option = misused.Options.FirstOrDefault(option => option.Apply(chosen, part) is not null);
            if (option is null || !used.Add(option)) return false;
            chosen = option.Apply(chosen, part)!;
        }

        (algorithm, misused) = (chosen with { Name = name }, null);
        return true;
    }

    private string Nearest(string unknown) => Names.MinBy(name => EditDistance.Between(unknown.Trim().ToLowerInvariant(), name))!;

    private static IEnumerable<string> Faults(RecoAlgorithm entry)
    {
        if (!NameForm().IsMatch(entry.Name)) yield return $"'{entry.Name}' must be 1 to 64 lower-case letters, digits and '_', and begin with a letter.";
        if (string.IsNullOrWhiteSpace(entry.Summary) || entry.Summary.Contains('\n')) yield return $"'{entry.Name}' must say in one line what it is.";
        if (entry.Offsets.Count is < 1 or > MostVariations) yield return $"'{entry.Name}' has {entry.Offsets.Count} position variations; a scan takes 1 to {MostVariations}.";
        else if (entry.Offsets[0] != default) yield return $"'{entry.Name}' must begin with the offset (0, 0, 0).";
        if (entry.Offsets.Any(offset => !double.IsFinite(offset.X + offset.Y + offset.Z))) yield return $"'{entry.Name}' has an offset that is not finite.";
        if (entry.Pointed != entry.PointedRadiusDeg is > 0 and <= 180) yield return $"'{entry.Name}' must have a pointed radius (0 to 180 degrees) if and only if it is pointed.";
    }

    private static IEnumerable<string> Doubles(RecoAlgorithm[] entries) =>
        entries.GroupBy(entry => entry.Name).Where(group => group.Count() > 1).Select(group => $"'{group.Key}' is there {group.Count()} times.");

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,63}\z")]
    private static partial Regex NameForm();
}
