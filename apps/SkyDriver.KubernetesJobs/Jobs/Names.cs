using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SkyDriver.KubernetesJobs.Jobs;

/// <summary>Names by the rules of Kubernetes (RFC 1123, lower case). What does not fit them travels as a hash, with the full text in an annotation.</summary>
internal static class Names
{
    public const int MaxLabel = 63;
    private const int MaxSubdomain = 253;
    private const int HashLength = 16;
    private const int MaxSlug = 30;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>The Job of one deployment: the same four texts always give the same name, and different ones different names.</summary>
    /// <returns>At most 47 characters, so that the index of a worker still fits into a host name.</returns>
    public static string Job(string instance, string place, string scanId, string key) => $"{Slug(scanId)}-{Hash(instance, place, scanId, key)}";

    /// <summary>80 bits as 16 letters and digits.</summary>
    public static string Hash(params string[] texts)
    {
        using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in texts)
        {
            // The length keeps ("a", "bc") apart from ("ab", "c").
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            sha.AppendData(length);
            sha.AppendData(bytes);
        }

        UInt128 bits = BinaryPrimitives.ReadUInt128BigEndian(sha.GetHashAndReset());
        return string.Create(HashLength, bits, static (span, bits) =>
        {
            for (int i = 0; i < span.Length; i++, bits >>= 5) span[i] = Alphabet[(int)(bits & 31)];
        });
    }

    public static string WorkerId(string job, int index) => string.Create(CultureInfo.InvariantCulture, $"{job}-{index}");

    /// <summary>False for any text that no launcher ever made.</summary>
    public static bool TryParseWorkerId(string id, out string job, out int index)
    {
        int dash = id.LastIndexOf('-');
        (job, index) = (dash > 0 ? id[..dash] : "", -1);
        return dash > 0 && IsLabel(job) && int.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out index) && WorkerId(job, index) == id;
    }

    /// <summary>A name within one domain: namespaces, containers, volumes.</summary>
    public static bool IsLabel(string text) => text.Length is > 0 and <= MaxLabel && text.All(c => IsAlphanumeric(c) || c == '-') && IsAlphanumeric(text[0]) && IsAlphanumeric(text[^1]);

    /// <summary>Labels with dots between: secrets, service accounts, priority classes.</summary>
    public static bool IsSubdomain(string text) => text.Length <= MaxSubdomain && text.Split('.').All(IsLabel);

    /// <summary>Key of a label or an annotation, with or without a domain before a slash.</summary>
    public static bool IsKey(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 || IsSubdomain(text[..slash])) && text[(slash + 1)..] is { Length: > 0 } name && IsLabelValue(name);
    }

    public static bool IsLabelValue(string text) =>
        text.Length == 0 || (text.Length <= MaxLabel && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]));

    private static bool IsAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);

    /// <summary>For people who read lists of Jobs; nothing depends on it.</summary>
    private static string Slug(string text)
    {
        string letters = string.Concat(text.Take(MaxSlug).Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')).Trim('-');
        return letters.Length > 0 ? letters : "w";
    }
}
