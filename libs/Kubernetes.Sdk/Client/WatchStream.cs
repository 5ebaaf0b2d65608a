using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Autorest;
using k8s.Models;

namespace k8s;

/// <summary>Events of a watch, one JSON object per line.</summary>
internal static class WatchStream
{
    /// <param name="answer">With a body that nobody has read yet.</param>
    /// <param name="onError">Told of a status among the events (<see cref="KubernetesException"/>) and of lines that cannot be read.</param>
    public static async IAsyncEnumerable<(WatchEventType, T)> ReadAsync<T, TList>(
        Task<HttpOperationResponse<TList>> answer, Action<Exception>? onError, [EnumeratorCancellation] CancellationToken ct)
        where T : class
    {
        using HttpOperationResponse<TList> opened = await answer;
        using StreamReader lines = new(await opened.Response.Content.ReadAsStreamAsync(ct));
        while (await lines.ReadLineAsync(ct) is { } line)
        {
            WatchEvent<T>? read = Parse<T>(line, onError);
            if (read is not null) yield return (read.Type, read.Object);
        }
    }

    private static WatchEvent<T>? Parse<T>(string line, Action<Exception>? onError)
        where T : class
    {
        try
        {
            if (KubernetesJson.Deserialize<WatchEvent<KubernetesObject>>(line).Object.Kind is not "Status") return KubernetesJson.Deserialize<WatchEvent<T>>(line);
            onError?.Invoke(new KubernetesException(KubernetesJson.Deserialize<WatchEvent<V1Status>>(line).Object));
        }
        catch (JsonException fault)
        {
            onError?.Invoke(fault);
        }

        return null;
    }

    private sealed record WatchEvent<T>(WatchEventType Type, T Object);
}
