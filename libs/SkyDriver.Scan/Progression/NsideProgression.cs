using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Scan;

/// <summary>The resolutions of a scan, coarse to fine. Text form <c>8:0 64:12 512:24</c>.</summary>
public sealed class NsideProgression : IEquatable<NsideProgression>, IEnumerable<NsideStep>
{
    private const int MostFaultsTold = 20;
    private readonly NsideStep[] _steps;

    private NsideProgression(NsideStep[] steps) => _steps = steps;

    /// <summary>8:0 64:12 512:24</summary>
    public static NsideProgression Default { get; } = new([new(8, 0), new(64, 12), new(512, 24)]);

    public IReadOnlyList<NsideStep> Steps => _steps;

    public int Count => _steps.Length;

    public int FirstNside => _steps[0].Nside;

    public int LastNside => _steps[^1].Nside;

    /// <summary>Checks the steps; on failure <paramref name="faults"/> has a sentence for each rule that is broken.</summary>
    public static bool TryCreate(IEnumerable<NsideStep> steps, [NotNullWhen(true)] out NsideProgression? progression, out IReadOnlyList<string> faults)
    {
        NsideStep[] taken = [.. steps];
        List<string> found = [.. Faults(taken).Take(MostFaultsTold)];
        faults = found;
        progression = found.Count == 0 ? new NsideProgression(taken) : null;
        return progression is not null;
    }

    /// <summary>Reads the text form; entries are separated by spaces or commas, and <c>:0</c> may be left out for the first.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NsideProgression? progression, out IReadOnlyList<string> faults)
    {
        var steps = new List<NsideStep>();
        var unread = new List<string>();
        foreach (string entry in text.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = entry.Split(':');
            if (parts.Length > 2 || !TryNumber(parts[0], out int nside) || !TryNumber(parts.ElementAtOrDefault(1) ?? "0", out int extension))
                unread.Add($"'{entry}' is not NSIDE:EXTENSION with two whole numbers, such as 64:12.");
            else
                steps.Add(new(nside, extension));
        }

        bool good = TryCreate(steps, out progression, out var broken);
        if (unread.Count == 0)
        {
            faults = broken;
            return good;
        }

        // With entries missing only the rules that look at one entry at a time can be judged.
        faults = [.. unread.Take(MostFaultsTold), .. steps.Select(NsideFault).OfType<string>().Take(MostFaultsTold)];
        progression = null;
        return false;
    }

    /// <summary>Place of an nside in the progression, or -1.</summary>
    public int IndexOf(int nside) => Array.FindIndex(_steps, step => step.Nside == nside);

    /// <summary>The steps a round may look at: all up to the reached one, and the next one if there is one.</summary>
    /// <param name="reached">The largest nside that met a threshold; null before the first round.</param>
    /// <exception cref="ArgumentOutOfRangeException">The nside is not in the progression.</exception>
    public IReadOnlyList<NsideStep> UpToNextAfter(int? reached)
    {
        int last = reached is { } nside ? IndexOf(nside) : -1;
        if (reached is not null && last < 0) throw new ArgumentOutOfRangeException(nameof(reached), $"nside {reached} is not in {this}.");
        return new ArraySegment<NsideStep>(_steps, 0, Math.Min(last + 2, _steps.Length));
    }

    /// <summary>How many pixels each step is expected to take, for progress reports.</summary>
    /// <param name="radius">Radius of a pointed scan, rad; null for the whole sky.</param>
    public IReadOnlyList<long> EstimatedPixels(double? radius)
    {
        var estimates = new long[_steps.Length];
        double first = _steps[0].Nside;
        estimates[0] = radius is { } r ? (long)Math.Ceiling(6 * first * first * (1 - Elementary.Cos(r))) : Healpix.PixelCount(_steps[0].Nside);
        for (int i = 1; i < _steps.Length; i++)
        {
            Int128 ratio = _steps[i].Nside / _steps[i - 1].Nside;
            estimates[i] = (long)Int128.Min(_steps[i].PixelExtension * ratio * ratio, long.MaxValue);
        }

        return estimates;
    }

    public override string ToString() => string.Join(' ', _steps.Select(step => $"{step.Nside}:{step.PixelExtension}"));

    public bool Equals(NsideProgression? other) => other is not null && _steps.AsSpan().SequenceEqual(other._steps);

    public override bool Equals(object? obj) => Equals(obj as NsideProgression);

    public override int GetHashCode() => HashCode.Combine(_steps.Length, _steps[0], _steps[^1]);

    public IEnumerator<NsideStep> GetEnumerator() => ((IEnumerable<NsideStep>)_steps).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool TryNumber(string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static IEnumerable<string> Faults(NsideStep[] steps)
    {
        if (steps.Length == 0)
        {
            yield return "The progression is empty; give at least one nside, such as 8:0.";
            yield break;
        }

        foreach (var twice in steps.GroupBy(step => step.Nside).Where(group => group.Count() > 1))
            yield return $"nside {twice.Key} is given {twice.Count()} times; give each nside once.";
        for (int i = 1; i < steps.Length; i++)
        {
            if (steps[i].Nside < steps[i - 1].Nside)
                yield return $"nside {steps[i].Nside} comes after {steps[i - 1].Nside}; give the nsides in ascending order.";
        }

        if (steps[0].PixelExtension != 0)
            yield return $"The first nside, {steps[0].Nside}, covers the whole sky: its pixel extension must be 0, not {steps[0].PixelExtension}.";
        foreach (var step in steps.Skip(1).Where(step => step.PixelExtension <= 0))
            yield return $"The pixel extension of nside {step.Nside} must be at least 1, not {step.PixelExtension}.";
        foreach (string fault in steps.Select(NsideFault).OfType<string>()) yield return fault;
    }

    private static string? NsideFault(NsideStep step) =>
        Healpix.IsNside(step.Nside) ? null : $"nside {step.Nside} must be a power of two from 1 to {Healpix.MaxNside}.";
}
