using System.Text;
using System.Text.Json;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>Files below one folder (<c>bindings.localstorage</c>); metadata <c>fileName</c> names the file, relative to it.</summary>
internal sealed class LocalStorageBinding : IOutputBinding
{
    private static readonly string[] Operations = ["create", "get", "delete", "list"];

    private readonly string _root;

    /// <param name="dataFolder">A relative <c>rootPath</c> starts here.</param>
    public LocalStorageBinding(ComponentSpec component, string dataFolder)
    {
        _root = Path.GetFullPath(component.Required("rootPath"), dataFolder);
        Directory.CreateDirectory(_root);
    }

    public Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>(Operations);

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        string name = request.Metadata.GetValueOrDefault("fileName", "");
        string path = Path.GetFullPath(name, _root);
        if (path != _root && !path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw new UnauthorizedAccessException($"'{name}' is outside of the folder");
        switch (request.Operation)
        {
            case "create":
                return await CreateAsync(name.Length > 0 ? path : Path.Combine(_root, Guid.NewGuid().ToString()), request.Data, ct);
            case "get":
                return BindingAnswer.Empty with { Data = await File.ReadAllBytesAsync(path, ct) };
            case "delete":
                File.Delete(path);
                return BindingAnswer.Empty;
            default:
                return BindingAnswer.Empty with { Data = List(path) };
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<BindingAnswer> CreateAsync(string path, byte[] data, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        await File.WriteAllBytesAsync(partial, data, ct);
        File.Move(partial, path, overwrite: true);
        return BindingAnswer.Empty with { Data = Encoding.UTF8.GetBytes($$"""{"fileName":"{{JsonEncodedText.Encode(path)}}"}""") };
    }

    private static byte[] List(string folder)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)) writer.WriteStringValue(file);
            writer.WriteEndArray();
        }

        return buffer.ToArray();
    }
}
