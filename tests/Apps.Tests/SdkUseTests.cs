using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace SkyDriver.Apps.Tests;

/// <summary>
/// What the built applications refer to in the Dapr SDK: only what the description of the Dapr API names, or implies. What
/// the subset has besides (the extra part of the table) is not for them.
/// </summary>
public sealed class SdkUseTests
{
    private const string Sdk = "Dapr.Sdk";

    private static readonly string[] Assemblies =
        ["skydriver-api", "skydriver-orchestrator", "skydriver-scanner", "skydriver-worker", "SkyDriver.Hosting", "SkyDriver.Workflows"];

    /// <summary>What the compiler gives every record.</summary>
    private static readonly string[] Compiled = ["<Clone>$", "Deconstruct", "Equals", "GetHashCode", "ToString", "op_Equality", "op_Inequality"];

    public static TheoryData<string> Users() => [.. Assemblies];

    [Theory]
    [MemberData(nameof(Users))]
    public void Assembly_ReferencesIntoTheSdk_AreInTheOfficialTable(string assembly)
    {
        var official = ReadTable();
        string[] used = [.. References(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"))];
        Assert.NotEmpty(used);
        string[] unknown = [.. used.Where(u => !official.Contains(u) && !Compiled.Contains(u[(u.LastIndexOf('.') + 1)..]))];
        Assert.True(unknown.Length == 0, $"{assembly} uses what the official packages are not known to have:\n{string.Join('\n', unknown)}");
    }

    /// <summary>As <c>Type.Member</c>; accessors by the name of their property.</summary>
    private static HashSet<string> ReadTable()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(Path.Combine(TestPaths.Repository, "tests", "Dapr.Sdk.Tests", "OfficialSurface.txt")))
        {
            if (line.StartsWith("## extra", StringComparison.Ordinal)) break;
            if (line.Length == 0 || line[0] == '#') continue;
            string[] row = line.Split('#')[0].Split(':', 2);
            foreach (string member in row[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)) names.Add($"{row[0]}.{member}");
        }

        return names;
    }

    private static IEnumerable<string> References(string file)
    {
        using var pe = new PEReader(File.OpenRead(file));
        var metadata = pe.GetMetadataReader();
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (TypeOf(metadata, member.Parent) is { } type) found.Add($"{type}.{Plain(metadata.GetString(member.Name))}");
        }

        return found;
    }

    /// <summary>Full name of a type of the SDK, without arity; null for types of others.</summary>
    private static string? TypeOf(MetadataReader metadata, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeSpecification)
        {
            var blob = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
            if (blob.ReadByte() != (byte)SignatureTypeCode.GenericTypeInstance) return null;
            blob.ReadByte();
            parent = blob.ReadTypeHandle();
        }

        if (parent.Kind != HandleKind.TypeReference) return null;
        var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        if (type.ResolutionScope.Kind != HandleKind.AssemblyReference) return null;
        var scope = metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
        if (metadata.GetString(scope.Name) != Sdk) return null;
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name).Split('`')[0]}";
    }

    private static string Plain(string name) =>
        name.StartsWith("get_", StringComparison.Ordinal) || name.StartsWith("set_", StringComparison.Ordinal) ? name[4..] : name;
}
