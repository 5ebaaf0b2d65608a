using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SkyDriver.Fleet;

/// <summary>What two tasks have in common when one may take the other's result.</summary>
public static class CacheKey
{
    /// <summary>
    /// The first 128 bits of SHA-256 over what determines a result: shell, command, container, its options, input and
    /// resource URIs. Neither name nor output folder do, nor do limits.
    /// </summary>
    /// <remarks>Each part is preceded by its length, so that no two different tasks give the same bytes.</remarks>
    public static UInt128 Of(TaskText text)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string? part in (ReadOnlySpan<string?>)[text.Shell, text.Command, text.Container, text.ContainerOptions, Uris(text.Input), Uris(text.Resource)])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part ?? "");
            BinaryPrimitives.WriteInt32LittleEndian(length, part is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset());
    }

    /// <summary>Files are staged into one folder: their order does not matter, and blanks do not count.</summary>
    private static string? Uris(string? list) =>
        list is null ? null : string.Join(' ', list.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
}
