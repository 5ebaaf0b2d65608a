using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace SkyDriver.Grpc.Wire;

/// <summary>How a status is spelled in HTTP/2 headers and trailers.</summary>
internal static class StatusText
{
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";
    public const string DetailsHeader = "grpc-status-details-bin";

    // A whole header block is limited to 16-64 KiB by common peers; an exception text must not break the trailer.
    private const int MaxMessageChars = 4096;
    private const int MaxDetailsBytes = 8192;

    /// <summary>UTF-8 with everything but printable ASCII, and the percent sign, as %XX.</summary>
    public static string Encode(string message)
    {
        if (message.Length > MaxMessageChars) message = message[..MaxMessageChars];
        var text = new StringBuilder(message.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%') text.Append((char)b);
            else text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    /// <summary>Reverse of <see cref="Encode"/>; a malformed escape is kept as it stands, as the protocol asks.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%')) return encoded;
        var bytes = new ArrayBufferWriter<byte>(encoded.Length);
        for (int i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '%' && i + 2 < encoded.Length && byte.TryParse(
                encoded.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Write([value]);
                i += 2;
            }
            else bytes.Write(Encoding.UTF8.GetBytes(encoded, i, 1));
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public static string? EncodeDetails(Protos.Rpc.Status? rich) =>
        rich is null || rich.CalculateSize() > MaxDetailsBytes ? null : Convert.ToBase64String(rich.ToByteArray()).TrimEnd('=');

    /// <summary>Null when the value is no base64 or no status: details never hide the status itself.</summary>
    public static Protos.Rpc.Status? DecodeDetails(string? value)
    {
        if (string.IsNullOrEmpty(value)) return null;
        try
        {
            string padded = value.TrimEnd('=');
            return Protos.Rpc.Status.Parser.ParseFrom(
                Convert.FromBase64String(padded.PadRight((padded.Length + 3) / 4 * 4, '=')));
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Status of an HTTP answer that never reached a gRPC server.</summary>
    public static StatusCode FromHttp(int httpStatus) => httpStatus switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
