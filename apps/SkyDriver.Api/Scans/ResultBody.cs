using System.Text.Json;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>A result as clients see it. The tables go out as they came in, bit by bit: they may be tens of megabytes.</summary>
internal static class ResultBody
{
    private const int BufferBytes = 64 << 10;

    /// <param name="withDeleted">The first generation shows <c>is_deleted</c>.</param>
    public static async Task WriteAsync(Stream body, OpenResult result, bool withDeleted, CancellationToken cancellationToken)
    {
        var (index, tables) = result;
        byte[] head = withDeleted
            ? JsonSerializer.SerializeToUtf8Bytes(new { scan_id = index.ScanId, is_deleted = index.IsDeleted, is_final = index.IsFinal })
            : JsonSerializer.SerializeToUtf8Bytes(new { scan_id = index.ScanId, is_final = index.IsFinal });
        await body.WriteAsync(head.AsMemory()[..^1], cancellationToken);
        await body.WriteAsync(",\"skyscan_result\":"u8.ToArray(), cancellationToken);
        await tables.CopyToAsync(body, BufferBytes, cancellationToken);
        await body.WriteAsync("}"u8.ToArray(), cancellationToken);
    }
}
