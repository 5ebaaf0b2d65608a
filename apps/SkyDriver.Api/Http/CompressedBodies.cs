using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Http;

/// <summary>Bodies that come compressed; what cannot be unpacked is the caller's fault.</summary>
internal static class CompressedBodies
{
    private static readonly object IsPacked = new();
    private static readonly string[] Known = ["gzip", "br", "deflate"];

    public static void UseCompressedBodies(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            if (Check(context)) context.Items[IsPacked] = IsPacked;
            return next(context);
        });
        app.UseRequestDecompression();
        app.Use((context, next) =>
        {
            if (context.Items.ContainsKey(IsPacked)) context.Request.Body = new UnpackedBody(context.Request.Body);
            return next(context);
        });
    }

    /// <returns>True when the body has to be unpacked.</returns>
    private static bool Check(HttpContext context)
    {
        string encoding = context.Request.Headers.ContentEncoding.ToString();
        if (encoding is "" or "identity") return false;
        if (Known.Contains(encoding, StringComparer.OrdinalIgnoreCase)) return true;
        context.Response.Headers.AcceptEncoding = string.Join(", ", Known);
        throw new ApiException(StatusCodes.Status415UnsupportedMediaType, $"this Content-Encoding is not known here; use one of: {string.Join(", ", Known)}");
    }

    private sealed class UnpackedBody(Stream inner) : ReadOnlyStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException)
            {
                throw new ApiException(StatusCodes.Status400BadRequest, "the body is not what its Content-Encoding says");
            }
        }
    }
}
