namespace SkyDriver.IceCube;

/// <summary>The one error of reading an event: says in which layer, where, what is wrong and what to do.</summary>
public sealed class EventFormatException : Exception
{
    /// <param name="layer">The part of the format, outermost first: json, base64, zlib, pickle, frame, object, superdst, mask, event;
    /// layers below the message name their frame, as in <c>pickle of frame Q</c>.</param>
    /// <param name="offset">Byte at which the fault was seen, counted from the start of that layer.</param>
    /// <param name="fault">What is wrong, without a full stop.</param>
    /// <param name="inner">The cause, if a library found it.</param>
    public EventFormatException(string layer, long offset, string fault, Exception? inner = null)
        : base($"The event cannot be read ({layer}, byte {offset}): {fault}. Send the realtime message again, unchanged and complete.", inner)
    {
        Layer = layer;
        Offset = offset;
    }

    public string Layer { get; }

    public long Offset { get; }
}
