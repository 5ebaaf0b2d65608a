using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using SkyDriver.Sky;

namespace SkyDriver.IceCube;

/// <summary>One decoded detector event. Immutable; all times in ns after the start of the Q header.</summary>
public sealed class IceCubeEvent
{
    internal IceCubeEvent()
    {
    }

    /// <summary>Header of the readout; its start is the zero of all times in the event.</summary>
    public required EventHeader DaqHeader { get; init; }

    /// <summary>Header of the split that is reconstructed; its start dates the event.</summary>
    public required EventHeader Header { get; init; }

    public long RunId => Header.RunId;

    public long EventId => Header.EventId;

    /// <summary>HESE, EHE, neutrino, ESTRES, or "" when the event does not say.</summary>
    public required string EventType { get; init; }

    /// <summary>UTC, days, at the start of the P header.</summary>
    public double Mjd => Header.Start.Mjd;

    /// <summary><c>run%08d.evt%012d.TYPE</c></summary>
    public string EventIdText => string.Create(CultureInfo.InvariantCulture, $"run{RunId:00000000}.evt{EventId:000000000000}.{EventType}");

    /// <summary>The envelope's <c>value.version</c>; "" where it has none.</summary>
    public required string FormatVersion { get; init; }

    /// <summary>Name of the detector description that the G, C and D frames are differences to; "" if they name none.</summary>
    public required string BaselineGcd { get; init; }

    /// <summary>Where a starting event was first seen, NaN energy; null when the event does not carry it.</summary>
    public required Vertex? SelfVetoVertex { get; init; }

    /// <summary>Direction of the online track fit, where it succeeded.</summary>
    public required LocalDirection? OnlineTrack { get; init; }

    /// <summary>Members of <c>value.data</c> other than the frames; null in messages without a summary.</summary>
    public required JsonElement? AlertSummary { get; init; }

    /// <summary>What was put in, for an event of our own simulator; null for a real one.</summary>
    public required SimulatedTruth? Truth { get; init; }

    public required IReadOnlyList<FrameSummary> Frames { get; init; }

    /// <summary>Every pulse series on the way to the cleaned one, widest first: the readout, its masks, then the cleaning steps.</summary>
    public required IReadOnlyList<PulseSeries> Series { get; init; }

    /// <summary>The split's pulses before cleaning.</summary>
    public required PulseSeries InputSeries { get; init; }

    /// <summary>What is left after cleaning, and what reconstructions use.</summary>
    public required PulseSeries CleanedSeries { get; init; }

    /// <summary>Cleaned pulses by module, ordered by (string, om).</summary>
    public required IReadOnlyList<ModuleHits> CleanedHits { get; init; }

    /// <summary>Modules with a hard-coincidence pulse in the input series, ordered by (string, om): time of the first, charge of all such.</summary>
    public required IReadOnlyList<ModuleHits> HlcHits { get; init; }

    /// <summary>Stream sizes met while unpacking the compact pulse record; null when the pulses were stored in full.</summary>
    public required SuperDstCounters? SuperDst { get; init; }

    internal FrozenDictionary<string, object> Objects { get; init; } = FrozenDictionary<string, object>.Empty;

    /// <summary>An object of the P frame, or else of the Q frame, by its key.</summary>
    /// <typeparam name="T">Particle, Position, double, bool, int, string, TimeWindow, FitParameters, EventHeader, byte[] or ModuleKey[].</typeparam>
    public bool TryGet<T>(string key, out T? value)
    {
        bool found = Objects.TryGetValue(key, out object? stored) && stored is T;
        value = found ? (T)stored! : default;
        return found;
    }

    /// <summary>All objects of a type, ordered by key (ordinal).</summary>
    public IEnumerable<KeyValuePair<string, T>> OfType<T>() =>
        Objects.Where(entry => entry.Value is T).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => KeyValuePair.Create(entry.Key, (T)entry.Value));
}

/// <summary>Identity of a readout channel.</summary>
public readonly record struct ModuleKey(int String, int Om, byte Pmt = 0);

/// <summary>What the compact pulse record consisted of.</summary>
/// <param name="Words">16-bit words of the stamp stream, overflow words included.</param>
/// <param name="Groups">Group headers.</param>
/// <param name="Widths">Pulses per width stream: in-ice SLC, in-ice HLC, surface SLC, surface HLC.</param>
/// <param name="ExtraBytes">Charge bytes of surface pulses.</param>
/// <param name="TimeOverflowWords">Words that extend a time code.</param>
/// <param name="ChargeOverflowWords">Words that extend a charge code.</param>
/// <param name="ZeroWidthRepairs">Pulses moved off an equal-time predecessor.</param>
public sealed record SuperDstCounters(
    int Words, int Groups, IReadOnlyList<int> Widths, int ExtraBytes, int TimeOverflowWords, int ChargeOverflowWords, int ZeroWidthRepairs);

/// <summary>What a simulated event was made from.</summary>
/// <param name="Kind"><c>track</c>, <c>cascade</c> or <c>starting</c>.</param>
/// <param name="Set">Name of the simulation set.</param>
/// <param name="Seed">Gives the same event again.</param>
/// <param name="Direction">Where the particle came from.</param>
/// <param name="Vertex">A point on the track, or the shower's place; energy in GeV.</param>
public sealed record SimulatedTruth(string Kind, string Set, ulong Seed, LocalDirection Direction, Vertex Vertex);
