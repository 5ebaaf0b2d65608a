using System.Buffers.Text;
using System.Text.Json;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>Files below one folder (<c>bindings.localstorage</c>); metadata <c>fileName</c> names the file, relative to it.</summary>
/// <remarks>As in Dapr, data that are a JSON text are stored without its quotes, and data that are base64 are stored decoded.</remarks>
internal sealed class LocalStorageBinding : IOutputBinding
{
    private static readonly string[] Operations = ["create", "get", "delete", "list"];
    private static readonly string[] ForbiddenRoots = ["/proc", "/sys", "/boot", "/var/run/secrets"];

    private readonly string _root;

    /// <param name="dataFolder">A relative <c>rootPath</c> starts here.</param>
    /// <exception cref="ResourceException">The folder is one of the system's, or a file.</exception>
    public LocalStorageBinding(ComponentSpec component, string dataFolder)
    {
        string given = component.Required("rootPath");
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(given, dataFolder));
        if (File.Exists(root)) throw component.Fault("rootPath", given, "it is a file; use a folder");
        if (Array.Exists(ForbiddenRoots, f => IsWithin(root, f))) throw component.Fault("rootPath", given, $"use a folder outside of {string.Join(", ", ForbiddenRoots)}");
        _root = Directory.CreateDirectory(root).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? root;
    }

    public Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>(Operations);

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        string name = request.Metadata.GetValueOrDefault("fileName", "");
        if (name.Length == 0 && request.Operation is "create") name = Guid.NewGuid().ToString();
        string path = Find(name);
        switch (request.Operation)
        {
            case "create":
                return await CreateAsync(path, Decode(request.Data), ct);
            case "get":
                return File.Exists(path) ? BindingAnswer.Empty with { Data = await File.ReadAllBytesAsync(path, ct) } : throw new FileNotFoundException($"file not found: {path}");
            case "delete":
                if (!File.Exists(path)) throw new FileNotFoundException($"error deleting file {path}: it is not there");
                File.Delete(path);
                return BindingAnswer.Empty;
            default:
                return BindingAnswer.Empty with { Data = List(path) };
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <exception cref="UnauthorizedAccessException">The name leads out of the folder, by itself or through a link.</exception>
    private string Find(string name)
    {
        string path = Path.GetFullPath(name.TrimStart('/'), _root);
        bool inside = IsWithin(path, _root);
        for (string at = path; inside && at.Length > _root.Length; at = Path.GetDirectoryName(at)!)
        {
            FileInfo entry = new(at);
            inside = entry.LinkTarget is null || IsWithin(entry.ResolveLinkTarget(returnFinalTarget: true)!.FullName, _root);
        }

        return inside ? path : throw new UnauthorizedAccessException($"'{name}' is outside of the folder");
    }

    private async Task<BindingAnswer> CreateAsync(string path, byte[] data, CancellationToken ct)
    {
        if (path == _root) throw new UnauthorizedAccessException("fileName names the folder itself");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Readers see the old file or the new one, never a part.
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        await File.WriteAllBytesAsync(partial, data, ct);
        File.Move(partial, path, overwrite: true);
        return BindingAnswer.Empty with { Data = JsonSerializer.SerializeToUtf8Bytes(new { fileName = Path.GetRelativePath(_root, path) }) };
    }

    // An empty folder is null in Dapr.
    private static byte[] List(string folder)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"unable to list files: {folder} is not a directory");
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        return JsonSerializer.SerializeToUtf8Bytes(files.Length > 0 ? files : null);
    }

    private static byte[] Decode(byte[] data)
    {
        byte[] text = Unquote(data);
        if (!Base64.IsValid(text, out int length) || text.AsSpan().ContainsAny(" \t\r\n"u8)) return text;
        byte[] decoded = new byte[length];
        Base64.DecodeFromUtf8(text, decoded, out _, out _);
        return decoded;
    }

    private static byte[] Unquote(byte[] data)
    {
        if (data is not [(byte)'"', .., (byte)'"']) return data;
        try
        {
            return System.Text.Encoding.UTF8.GetBytes(JsonSerializer.Deserialize<string>(data)!);
        }
        catch (JsonException)
        {
            return data;
        }
    }

    private static bool IsWithin(string path, string folder) => path == folder || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
