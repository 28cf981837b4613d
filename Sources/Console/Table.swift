import ProjectModel

/// Rows in columns as wide as their widest cell.
package struct Table {
  private let rows: [[String]]

  package init(_ header: [String], _ rows: [[String]]) {
    // Users name themselves.
    self.rows = [header] + rows.map { $0.map(\.withoutControls) }
  }

  package var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
