using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SkyDriver.Reco.Pandel;

/// <summary>Reads a <see cref="PandelTable"/> for four modules at a time.</summary>
/// <remarks>
/// Four neighbouring coefficients of a row are one vector load, so a module costs eight loads and no gather. Rows are summed per module;
/// then the four sums are transposed, and the weights along a row are applied to all modules at once.
/// </remarks>
internal static class SplineLookup
{
    /// <summary>ln f + others · ln S at grid coordinates, which must be inside the grid.</summary>
    /// <param name="table">The table.</param>
    /// <param name="shape">Row coordinate, 0 … <see cref="PandelTable.ShapeNodes"/> − 1.</param>
    /// <param name="time">Column coordinate, 0 … <see cref="PandelTable.TimeNodes"/> − 1.</param>
    /// <param name="others">Weight of ln S.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Value(PandelTable table, Vector256<double> shape, Vector256<double> time, Vector256<double> others)
    {
        var rows = new Weights(shape, PandelTable.ShapeNodes);
        var columns = new Weights(time, PandelTable.TimeNodes);
        Vector256<double> index = Vector256.FusedMultiplyAdd(rows.Cell, Vector256.Create((double)PandelTable.Stride), columns.Cell);
        ref double density = ref MemoryMarshal.GetArrayDataReference(table.Density);
        ref double survival = ref MemoryMarshal.GetArrayDataReference(table.Survival);

        Rows(ref density, ref survival, index, others, 0, out var c0, out var c1, out var c2, out var c3);
        Vector256<double> m0 = rows.Sum(0, c0, c1, c2, c3);
        Rows(ref density, ref survival, index, others, 1, out c0, out c1, out c2, out c3);
        Vector256<double> m1 = rows.Sum(1, c0, c1, c2, c3);
        Rows(ref density, ref survival, index, others, 2, out c0, out c1, out c2, out c3);
        Vector256<double> m2 = rows.Sum(2, c0, c1, c2, c3);
        Rows(ref density, ref survival, index, others, 3, out c0, out c1, out c2, out c3);
        Vector256<double> m3 = rows.Sum(3, c0, c1, c2, c3);
        Transpose(ref m0, ref m1, ref m2, ref m3);
        return columns.Dot(m0, m1, m2, m3);
    }

    /// <summary>As <see cref="Value"/>, with the derivatives with respect to both grid coordinates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> ValueAndSlopes(
        PandelTable table, Vector256<double> shape, Vector256<double> time, Vector256<double> others, out Vector256<double> byShape, out Vector256<double> byTime)
    {
        var rows = new Weights(shape, PandelTable.ShapeNodes);
        var columns = new Weights(time, PandelTable.TimeNodes);
        Weights rowSlopes = rows.Slopes(), columnSlopes = columns.Slopes();
        Vector256<double> index = Vector256.FusedMultiplyAdd(rows.Cell, Vector256.Create((double)PandelTable.Stride), columns.Cell);
        ref double density = ref MemoryMarshal.GetArrayDataReference(table.Density);
        ref double survival = ref MemoryMarshal.GetArrayDataReference(table.Survival);

        Rows(ref density, ref survival, index, others, 0, out var c0, out var c1, out var c2, out var c3);
        Vector256<double> m0 = rows.Sum(0, c0, c1, c2, c3), s0 = rowSlopes.Sum(0, c0, c1, c2, c3);
        Rows(ref density, ref survival, index, others, 1, out c0, out c1, out c2, out c3);
        Vector256<double> m1 = rows.Sum(1, c0, c1, c2, c3), s1 = rowSlopes.Sum(1, c0, c1, c2, c3);
        Rows(ref density, ref survival, index, others, 2, out c0, out c1, out c2, out c3);
        Vector256<double> m2 = rows.Sum(2, c0, c1, c2, c3), s2 = rowSlopes.Sum(2, c0, c1, c2, c3);
        Rows(ref density, ref survival, index, others, 3, out c0, out c1, out c2, out c3);
        Vector256<double> m3 = rows.Sum(3, c0, c1, c2, c3), s3 = rowSlopes.Sum(3, c0, c1, c2, c3);
        Transpose(ref m0, ref m1, ref m2, ref m3);
        Transpose(ref s0, ref s1, ref s2, ref s3);
        byShape = columns.Dot(s0, s1, s2, s3);
        byTime = columnSlopes.Dot(m0, m1, m2, m3);
        return columns.Dot(m0, m1, m2, m3);
    }

    /// <summary>The coefficients of one module's four rows, density and survival already added up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows(
        ref double density, ref double survival, Vector256<double> index, Vector256<double> others, [ConstantExpected] int module,
        out Vector256<double> c0, out Vector256<double> c1, out Vector256<double> c2, out Vector256<double> c3)
    {
        nuint at = (nuint)(uint)(int)index.GetElement(module);
        Vector256<double> weight = Vector256.Create(others.GetElement(module));
        c0 = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref survival, at), Vector256.LoadUnsafe(ref density, at));
        at += PandelTable.Stride;
        c1 = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref survival, at), Vector256.LoadUnsafe(ref density, at));
        at += PandelTable.Stride;
        c2 = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref survival, at), Vector256.LoadUnsafe(ref density, at));
        at += PandelTable.Stride;
        c3 = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref survival, at), Vector256.LoadUnsafe(ref density, at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector256<double> r0, ref Vector256<double> r1, ref Vector256<double> r2, ref Vector256<double> r3)
    {
        if (Avx.IsSupported)
        {
            Vector256<double> low01 = Avx.UnpackLow(r0, r1), high01 = Avx.UnpackHigh(r0, r1);
            Vector256<double> low23 = Avx.UnpackLow(r2, r3), high23 = Avx.UnpackHigh(r2, r3);
            r0 = Avx.Permute2x128(low01, low23, 0x20);
            r1 = Avx.Permute2x128(high01, high23, 0x20);
            r2 = Avx.Permute2x128(low01, low23, 0x31);
            r3 = Avx.Permute2x128(high01, high23, 0x31);
            return;
        }

        Vector256<double> c0 = Column(0, r0, r1, r2, r3), c1 = Column(1, r0, r1, r2, r3), c2 = Column(2, r0, r1, r2, r3), c3 = Column(3, r0, r1, r2, r3);
        (r0, r1, r2, r3) = (c0, c1, c2, c3);
    }

    private static Vector256<double> Column(int k, Vector256<double> r0, Vector256<double> r1, Vector256<double> r2, Vector256<double> r3) =>
        Vector256.Create(r0.GetElement(k), r1.GetElement(k), r2.GetElement(k), r3.GetElement(k));

    /// <summary>The four weights of a cubic B-spline, one vector each, lane = module; and the cell they belong to.</summary>
    private readonly struct Weights
    {
        private readonly Vector256<double> _w0, _w1, _w2, _w3, _place;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Weights(Vector256<double> coordinate, double nodes)
        {
            Cell = Vector256.Min(Vector256.Floor(coordinate), Vector256.Create(nodes - 2));
            Vector256<double> x = coordinate - Cell, left = Vector256<double>.One - x, square = x * x;
            _place = x;
            _w0 = left * left * left * (1.0 / 6);
            _w1 = Vector256.FusedMultiplyAdd(square, Vector256.FusedMultiplyAdd(x, Vector256.Create(0.5), -Vector256<double>.One), Vector256.Create(2.0 / 3));
            _w3 = square * x * (1.0 / 6);
            _w2 = Vector256<double>.One - _w0 - _w1 - _w3;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Weights(Vector256<double> w0, Vector256<double> w1, Vector256<double> w2, Vector256<double> w3) => (_w0, _w1, _w2, _w3) = (w0, w1, w2, w3);

        /// <summary>Index of the node below.</summary>
        public Vector256<double> Cell { get; }

        /// <summary>Derivatives of the weights with respect to the coordinate.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Weights Slopes()
        {
            Vector256<double> left = Vector256<double>.One - _place;
            Vector256<double> s0 = left * left * -0.5, s3 = _place * _place * 0.5;
            Vector256<double> s1 = _place * Vector256.FusedMultiplyAdd(_place, Vector256.Create(1.5), Vector256.Create(-2.0));
            return new Weights(s0, s1, -(s0 + s1 + s3), s3);
        }

        /// <summary>Weighted sum of one module's four rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Sum([ConstantExpected] int module, Vector256<double> c0, Vector256<double> c1, Vector256<double> c2, Vector256<double> c3)
        {
            Vector256<double> sum = Vector256.Create(_w0.GetElement(module)) * c0;
            sum = Vector256.FusedMultiplyAdd(Vector256.Create(_w1.GetElement(module)), c1, sum);
            sum = Vector256.FusedMultiplyAdd(Vector256.Create(_w2.GetElement(module)), c2, sum);
            return Vector256.FusedMultiplyAdd(Vector256.Create(_w3.GetElement(module)), c3, sum);
        }

        /// <summary>Weighted sum of four columns, for all modules.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Dot(Vector256<double> c0, Vector256<double> c1, Vector256<double> c2, Vector256<double> c3) =>
            Vector256.FusedMultiplyAdd(_w0, c0, Vector256.FusedMultiplyAdd(_w1, c1, Vector256.FusedMultiplyAdd(_w2, c2, _w3 * c3)));
    }
}
