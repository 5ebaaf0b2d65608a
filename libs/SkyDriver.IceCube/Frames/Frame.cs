using SkyDriver.IceCube.Archive;

namespace SkyDriver.IceCube.Frames;

/// <summary>Named objects of one stream, each kept as bytes until asked for.</summary>
internal sealed record Frame(char Stream, IReadOnlyList<Slot> Slots)
{
    public Slot? Find(string key) => Slots.FirstOrDefault(slot => slot.Key == key);

    public FrameSummary Summarize() =>
        new(Stream, [.. Slots.Select(slot => new SlotSummary(slot.Key, slot.TypeName, slot.ClassName, slot.Version, slot.Buffer.Length))]);
}

/// <summary>One named object.</summary>
/// <param name="Stream">The frame it belongs to.</param>
/// <param name="ClassName">From inside the buffer; empty for a null object.</param>
internal sealed record Slot(char Stream, string Key, string TypeName, string ClassName, byte Version, ReadOnlyMemory<byte> Buffer)
{
    /// <summary>Null when its class is not one we read.</summary>
    public object? Decode() => ObjectCatalog.Read(Buffer.Span, LayerOf(Stream, Key));

    public static string LayerOf(char stream, string key) => $"object {key} of frame {stream}";
}
