using System.Globalization;
using System.Net;

namespace SkyDriver.Worker.Agent.Staging;

/// <summary>Files behind HTTP: fetched by GET, brought by PUT. Folders cannot be listed, so that they can only be brought to.</summary>
internal sealed class HttpStore(HttpClient http) : IFileStore
{
    /// <summary>Silence after which a transfer counts as lost.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);

    public async Task<IReadOnlyList<StoredFile>> ListAsync(string uri, CancellationToken stop)
    {
        if (uri.EndsWith('/')) throw new StagingException($"'{uri}': a folder cannot be fetched by HTTP, as nobody says what is in it; name its files.");
        using HttpRequestMessage request = new(HttpMethod.Head, uri);
        using HttpResponseMessage head = await http.SendAsync(request, stop);
        // Not every server knows HEAD; then the file counts as changed each time.
        string stamp = head.IsSuccessStatusCode && (head.Headers.ETag?.Tag ?? head.Content.Headers.LastModified?.ToString(CultureInfo.InvariantCulture)) is { } tag
            ? $"{head.Content.Headers.ContentLength} {tag}"
            : Guid.NewGuid().ToString("N");
        return [new(uri, NameOf(uri), stamp)];
    }

    public async Task FetchAsync(string uri, string path, CancellationToken stop)
    {
        using HttpResponseMessage answer = await http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, stop);
        Check(answer, uri);
        await using Stream body = await answer.Content.ReadAsStreamAsync(stop);
        await using FileStream file = new(path, FileMode.CreateNew);
        byte[] buffer = new byte[64 << 10];
        while (true)
        {
            using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(stop);
            silence.CancelAfter(Silence);
            int read;
            try
            {
                read = await body.ReadAsync(buffer, silence.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new IOException($"{uri}: nothing came for {Silence.TotalSeconds:0} s");
            }

            if (read == 0) return;
            await file.WriteAsync(buffer.AsMemory(0, read), stop);
        }
    }

    public async Task PutAsync(string path, string uri, CancellationToken stop)
    {
        await using FileStream file = File.OpenRead(path);
        using StreamContent body = new(file);
        using HttpResponseMessage answer = await http.PutAsync(uri, body, stop);
        Check(answer, uri);
    }

    private static void Check(HttpResponseMessage answer, string uri)
    {
        if (answer.IsSuccessStatusCode) return;
        string fault = $"{uri} answers {(int)answer.StatusCode} {answer.ReasonPhrase}";
        bool mayPass = answer.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;
        throw mayPass ? new HttpRequestException(fault, null, answer.StatusCode) : new StagingException(fault);
    }

    private static string NameOf(string uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out Uri? address) && Uri.UnescapeDataString(address.Segments[^1]) is { Length: > 0 } name && !name.Contains('/')
            ? name
            : throw new StagingException($"'{uri}' names no file.");
}
